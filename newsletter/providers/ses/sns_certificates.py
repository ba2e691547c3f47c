"""
Fetch and cache the certificates that Amazon SNS signs with. Needs the extra `aws`.
"""

from __future__ import annotations

from collections.abc import Callable

from newsletter.errors import FetchError, SettingsError
from newsletter.isolation.fetcher import Fetcher

# Returns whether the first argument is a signature over the second by the owner of a certificate;
# the third is the SignatureVersion.
IsSignature = Callable[[bytes, bytes, str], bool]

# A certificate has 2 KB. SNS waits 15 s for our response, which includes this fetch.
MAX_BYTES = 64 * 1024
DEADLINE_S = 8.0
# Amazon changes its certificates about once a year, and has one for each region.
MOST_CERTIFICATES = 16
VERSIONS = frozenset({"1", "2"})


def open_fetch() -> Callable[[str], bytes]:
    """
    Return a function that fetches a URL from a public network, without redirects.

    Raises (when called):
        FetchError: the URL is refused, or the response is not valid.
    """
    fetcher = Fetcher(ports=(443,), deadline_s=DEADLINE_S, max_bytes=MAX_BYTES, max_redirects=0)
    return lambda url: fetcher.get(url, {}, is_trusted=False).body


def require_cryptography(place: str) -> None:
    """
    Check that signatures can be verified; *place* is the setting that needs it.

    Raises:
        SettingsError: the extra is not installed.
    """
    try:
        import cryptography.x509  # noqa: F401
    except ImportError as error:
        raise SettingsError(f"{place} needs an extra: pip install 'newsletter[aws]'") from error


class Certificates:
    """
    The certificates that *fetch* returns for URLs that the caller has checked.
    """

    def __init__(self, fetch: Callable[[str], bytes]) -> None:
        self._fetch = fetch
        self._checks: dict[str, IsSignature] = {}

    def at(self, url: str) -> IsSignature:
        """
        Return a check for signatures made with the certificate at *url*.

        Raises:
            FetchError: the certificate cannot be fetched now.
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
    Return a check for signatures made with the RSA key of the certificate *pem*, fetched from
    *url*.

    The TLS connection proves that it is Amazon's.

    Raises:
        FetchError: the certificate cannot be read.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.x509 import load_pem_x509_certificate

    try:
        key = load_pem_x509_certificate(pem).public_key()
    except ValueError as error:
        raise FetchError(f"{url} is not a certificate: try later") from error
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
