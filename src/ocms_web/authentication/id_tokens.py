"""The ID token of a sign-in by OpenID Connect."""

import hmac
from datetime import datetime

from ocms_web.authentication.bearer import BadToken, KeySource, audiences, check_times, unpack, verify
from ocms_web.authentication.issuers import Issuer


def check_id_token(
    token: str, issuer: Issuer, keys: KeySource, *, client_id: str, nonce: str, now: datetime
) -> None:
    """
    Raise `BadToken` unless the token is this issuer's, for this client and this sign-in, and good now.

    OpenID Connect Core 1.0, 3.1.3.7: issuer, audience, authorised party, signature, times and nonce.
    """
    signed, claims = unpack(token)
    if claims.get("iss") != issuer.issuer or client_id not in audiences(claims, issuer):
        raise BadToken("The ID token is not from the staff issuer, or not for the staff pages")
    if claims.get("azp", client_id) != client_id:
        raise BadToken("The ID token was issued to another client")
    verify(signed, issuer, keys)
    check_times(claims, now)
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise BadToken("The ID token is not of this sign-in")
