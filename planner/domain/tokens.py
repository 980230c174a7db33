"""The secrets of private links: 256 random bits each, of which only the hash is ever stored."""

import secrets
from hashlib import sha256

from planner.domain.neutral import forbidden_in

_BYTES = 32


def new_token() -> str:
    """Draw a secret, as it stands in an address; one that happens to spell a telling word is drawn again."""
    while forbidden_in(token := secrets.token_urlsafe(_BYTES)):
        pass
    return token


def token_hash(token: str) -> str:
    """Give what is stored of a secret: its SHA-256."""
    return sha256(token.encode()).hexdigest()
