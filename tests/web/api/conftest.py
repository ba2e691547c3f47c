from __future__ import annotations

import pytest
from api_client import ApiClient, token_for
from installation import Installation
from web_samples import TestClient


@pytest.fixture
def api(installation: Installation, pages: TestClient) -> ApiClient:
    """
    The API with a token that may do everything.
    """
    return ApiClient(pages, token_for(installation))
