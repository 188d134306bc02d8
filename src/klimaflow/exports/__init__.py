"""What klimaflow gives to others in forms that others have laid down."""

from klimaflow.exports.formats import FORMATS, Format, Of
from klimaflow.exports.lifecycle import dot, mermaid
from klimaflow.exports.schemas import SCHEMAS, schema

__all__ = ["FORMATS", "SCHEMAS", "Format", "Of", "dot", "mermaid", "schema"]
