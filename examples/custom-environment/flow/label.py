"""A title as a label for an address: the package that makes it is none of the runtime's, but of ../image_build."""

from promptflow.core import tool
from slugify import slugify


@tool
def label(title: str) -> str:
    return slugify(title)
