// Has bpmn-moddle read an exported process: `node moddle.mjs PROCESS`.
// Prints its warnings, and the type and name of each lane and of each element of the process.
import { readFile } from 'node:fs/promises';
import { BpmnModdle } from 'bpmn-moddle';

const xml = await readFile(process.argv[2], 'utf-8');
const { rootElement, warnings } = await new BpmnModdle().fromXML(xml);
const [made] = rootElement.rootElements.filter(each => each.$type === 'bpmn:Process');
const elements = [...made.laneSets.flatMap(set => set.lanes), ...made.flowElements];
console.log(JSON.stringify({
  warnings: warnings.map(each => each.message),
  elements: elements.map(each => [each.$type, each.name ?? null]),
}));
