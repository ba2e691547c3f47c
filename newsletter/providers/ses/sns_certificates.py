"""
The certificates Amazon SNS signs its messages with: each is fetched once and kept. `sns` is the
only user. Needs the extra `aws`.
"""

from __future__ import annotations

from collections.abc import Callable

from newsletter.errors import FetchError, SettingsError
from newsletter.isolation.fetcher import Fetcher

# Whether a signature over some bytes was made by the owner of a certificate; the third is the
# SignatureVersion.
IsSignature = Callable[[bytes, bytes, str], bool]

# One is 2 KB. SNS waits 15 s for our answer, and the rest of it takes time too.
MAX_BYTES = 64 * 1024
DEADLINE_S = 8.0
# Amazon changes its certificates about once a year, and has one a region.
MOST_CERTIFICATES = 16
VERSIONS = frozenset({"1", "2"})


def open_fetch() -> Callable[[str], bytes]:
    """
    What fetches an address of Amazon's: from public networks alone, and following nothing.

    Raises (when called):
        FetchError: it is refused, or not answered properly.
    """
    fetcher = Fetcher(ports=(443,), deadline_s=DEADLINE_S, max_bytes=MAX_BYTES, max_redirects=0)
    return lambda url: fetcher.get(url, {}, is_trusted=False).body


def require_cryptography(place: str) -> None:
    """
    Nothing, where signatures can be checked; *place* is the key that asks for it.

    Raises:
        SettingsError: the extra is not installed.
    """
    try:
        import cryptography.x509  # noqa: F401
    except ImportError as error:
        raise SettingsError(f"{place} needs more: pip install 'newsletter[aws]'") from error


class Certificates:
    """
    Those that *fetch* gives by their addresses, which the caller has judged.
    """

    def __init__(self, fetch: Callable[[str], bytes]) -> None:
        self._fetch = fetch
        self._checks: dict[str, IsSignature] = {}

    def at(self, url: str) -> IsSignature:
        """
        What checks signatures by the certificate at *url*.

        Raises:
            FetchError: it cannot be had now.
        """
        found = self._checks.get(url)
        if found is None:
            found = read_certificate(self._fetch(url), url)
            if len(self._checks) >= MOST_CERTIFICATES:
                self._checks.clear()
            self._checks[url] = found
        return found


def read_certificate(pem: bytes, url: str) -> IsSignature:
    """
    What checks signatures by the RSA key of the certificate *pem*, which came from *url*. That
    it is Amazon's is proved by the connection it came over.

    Raises:
        FetchError: it is no such certificate.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.x509 import load_pem_x509_certificate

    try:
        key = load_pem_x509_certificate(pem).public_key()
    except ValueError as error:
        raise FetchError(f"{url} is no certificate: try later") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise FetchError(f"{url} has no RSA key: try later")
    digests: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303

    def is_signature(signature: bytes, signed: bytes, version: str) -> bool:
        try:
            key.verify(signature, signed, padding.PKCS1v15(), digests[version])
        except InvalidSignature:
            return False
        return True

    return is_signature
