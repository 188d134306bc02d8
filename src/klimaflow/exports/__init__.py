"""What klimaflow gives to others in forms that others have laid down."""

from klimaflow.exports.bpmn import bpmn
from klimaflow.exports.formats import FORMATS, Format, Of
from klimaflow.exports.lifecycle import dot, mermaid
from klimaflow.exports.schemas import SCHEMAS, schema
from klimaflow.exports.scxml import scxml
from klimaflow.exports.xes import xes

__all__ = ["FORMATS", "SCHEMAS", "Format", "Of", "bpmn", "dot", "mermaid", "schema", "scxml", "xes"]
