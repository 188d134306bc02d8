"""What klimaflow gives to others in forms that others have laid down."""

from klimaflow.exports.schemas import SCHEMAS, schema

__all__ = ["SCHEMAS", "schema"]
