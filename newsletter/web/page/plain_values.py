"""
Turn the values of a page into the plain data that templates read: mappings, tuples, texts, numbers
and dates.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from newsletter.model.brand import Brand


class PlainValues:
    """
    Makes values plain, and collects the brands in them: each gets a class of the style, `class`.
    """

    def __init__(self, brand: Brand) -> None:
        self.brands = [brand]

    def of(self, value: Any) -> Any:
        """
        Return *value* with every dataclass in it as a mapping.
        """
        if isinstance(value, Brand):
            return self._brand(value)
        if dataclasses.is_dataclass(value):
            names = [field.name for field in dataclasses.fields(value)]
            return {name: self.of(getattr(value, name)) for name in names}
        if isinstance(value, Mapping):
            return {key: self.of(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return tuple(self.of(one) for one in value)
        return value

    def _brand(self, brand: Brand) -> dict[str, Any]:
        if brand not in self.brands:
            self.brands.append(brand)
        logo = dataclasses.asdict(brand.logo) if brand.logo else None
        social = tuple(dataclasses.asdict(link) for link in brand.social)
        return {"class": f"brand-{self.brands.index(brand)}", "logo": logo, "social": social}
