"""Authentication by API key."""

from datetime import datetime

from attrs import frozen

from ocms_core.kernel.access import CredentialKind, Principal
from ocms_core.kernel.credentials import ApiCredentials, accepts, parse_key
from ocms_web.authentication.rejections import KEY_NOT_ALLOWED, KEY_UNAUTHORIZED, AuthenticationFailure


@frozen
class ApiKeyAuthenticator:
    """Authenticates client systems by the key in `X-API-Key`."""

    _credentials: ApiCredentials

    kind = CredentialKind.API_KEY
    header = "x-api-key"
    not_accepted = KEY_UNAUTHORIZED
    repeated = KEY_UNAUTHORIZED
    not_allowed = KEY_NOT_ALLOWED

    def authenticate(self, value: str, now: datetime) -> Principal | AuthenticationFailure:
        """Return the client a key was issued to; whatever is wrong with a key gets the same rejection."""
        presented = parse_key(value)
        if presented is None:
            return KEY_UNAUTHORIZED
        credential = self._credentials.find(presented.key_id)
        if not accepts(credential, presented, now) or credential is None:
            return KEY_UNAUTHORIZED
        if credential.is_use_to_be_recorded(now):
            self._credentials.record_use(credential.key_id, now)
        return Principal(credential.client, credential.role, credential.key_id)
