"""What klimaflow gives to others in forms that others have laid down."""

from klimaflow.exports.bpmn import bpmn
from klimaflow.exports.schemas import SCHEMAS, schema
from klimaflow.exports.scxml import scxml
from klimaflow.exports.xes import xes

__all__ = ["SCHEMAS", "bpmn", "schema", "scxml", "xes"]
