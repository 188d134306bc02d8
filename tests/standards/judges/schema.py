"""Has the OMG's schema, as others ship it, judge an exported process: `schema.py SCHEMA PROCESS`.

Prints every mistake that it finds.
"""

import json
import sys

from lxml import etree


def main(schema: str, path: str) -> None:
    judge = etree.XMLSchema(etree.parse(schema))
    judge.validate(etree.parse(path))
    print(json.dumps([f"{each.line}: {each.message}" for each in judge.error_log]))


main(*sys.argv[1:])
