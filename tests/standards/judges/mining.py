"""Has pm4py judge an exported process, and event logs against it: `mining.py PROCESS LOG...`.

Prints whether its net is a workflow net and sound, and for each log the fitness of each trace.
"""

import json
import sys
import warnings

import pm4py


def main(path: str, *logs: str) -> None:
    warnings.simplefilter("ignore")
    net = pm4py.convert_to_petri_net(pm4py.read_bpmn(path))
    sound, _why = pm4py.check_soundness(*net)
    labels = sorted({each.label for each in net[0].transitions if each.label})
    found = {"workflow": pm4py.check_is_workflow_net(net[0]), "sound": sound, "labels": labels}
    found["fitness"] = [fitness(log, net) for log in logs]
    print(f"\n{json.dumps(found)}")


def fitness(path: str, net: tuple[object, ...]) -> list[float]:
    log = pm4py.convert_to_event_log(pm4py.read_xes(path))
    return [each["fitness"] for each in pm4py.conformance_diagnostics_alignments(log, *net)]


main(*sys.argv[1:])
