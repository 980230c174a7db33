"""The secrets of private links: long, different, and never a word that tells something."""

import secrets
from base64 import urlsafe_b64decode

from planner.domain.tokens import new_token, token_hash


def test_a_secret_has_256_random_bits_and_is_known_again_by_its_hash():
    one, other = new_token(), new_token()
    assert len(urlsafe_b64decode(one + "=")) == 32
    assert one != other
    assert token_hash(one) != token_hash(other)
    assert one not in token_hash(one)


def test_a_secret_that_happens_to_spell_a_telling_word_is_drawn_again(monkeypatch):
    drawn = iter(["x-Mg-1", "_dose_7", "harmless"])
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: next(drawn))
    assert new_token() == "harmless"
