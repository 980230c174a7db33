"""The signatures of gateways, as each describes its own; all are compared without telling how far they agree."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha1, sha256
from urllib.parse import urlsplit


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Sign a body in our own way: HMAC-SHA256 in hexadecimal over the time, a full stop and the body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def twilio_signature(secret: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Sign as Twilio does: HMAC-SHA1 in base 64 over the address and each field's name and value, sorted."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.new(secret.encode(), signed.encode(), sha1).digest()).decode()


def with_and_without_port(url: str) -> tuple[str, ...]:
    """Give the ways in which Twilio may write an address: it is known to name the port or not, whatever it was told."""
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return tuple(parts._replace(netloc=netloc).geturl() for netloc in (host, f"{host}:{port}"))


def vonage_signature(secret: str, fields: Mapping[str, str]) -> str:
    """Sign as Vonage does: HMAC-SHA256 in hexadecimal over the fields by name, without *sig*; & and = become _."""
    names = sorted(fields.keys() - {"sig"})
    signed = "".join(f"&{name}={fields[name].translate({38: '_', 61: '_'})}" for name in names)
    return hmac.new(secret.encode(), signed.encode(), sha256).hexdigest()


def is_by(key: str, signature: str, signed: bytes) -> bool:
    """Whether an Ed25519 signature is by a key, both in base 64."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 -- of an optional extra, for one gateway alone
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(b64decode(key)).verify(b64decode(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_equal(made: str, given: str) -> bool:
    """Compare two signatures in the same time, wherever they differ."""
    return hmac.compare_digest(made.encode(), given.encode())
