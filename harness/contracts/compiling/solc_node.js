// A compiler that stays: node solc_node.js <folder of the npm package "solc"> <most compilations at once>
//
// A line of stdin is a request: number, tab, solc's standard JSON input, or nothing to ask for the version. A line of
// stdout is its answer: number, tab, "ok" or "failed", tab, the output or why there is none. Answers come when ready.
// The process ends when stdin ends, in the midst of a compilation too: that happens when the parent ends, however.
//
// Each compilation at once has a thread with a compiler of its own. The threads share the compiler's machine code, which
// V8 keeps once per process and optimizes while it runs: that is most of what a process per source file loses.
'use strict';
const path = require('path');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

// Memory of WebAssembly grows and never shrinks. A thread above this has its last compilation behind it.
const MOST_BYTES = 512 * 2 ** 20;
// So long does a thread without work keep its memory, some 100 MB.
const IDLE_MILLISECONDS = 10000;

function work(folder) {
  const solc = require(folder);
  const memory = require(path.join(folder, 'soljson.js'));
  // Before 0.5 "compile" takes something else, and standard JSON has a function of its own.
  const compile = solc.version().startsWith('0.4.') ? solc.compileStandardWrapper : solc.compile;
  parentPort.on('message', (input) => {
    const output = input === '' ? solc.version() : compile(input);
    parentPort.postMessage({ output, spent: memory.HEAP8.buffer.byteLength > MOST_BYTES });
  });
}

function serve(folder, most) {
  const waiting = [];
  const threads = new Set();
  const idle = [];

  function answer(number, kind, text) {
    process.stdout.write(`${number}\t${kind}\t${text.replace(/[\r\n]+/g, ' ')}\n`);
  }

  function start() {
    const thread = { worker: new Worker(__filename, { workerData: folder }), number: null, timer: null };
    threads.add(thread);
    thread.worker.on('message', ({ output, spent }) => {
      answer(thread.number, 'ok', output);
      thread.number = null;
      if (spent) drop(thread);
      else rest(thread);
      advance();
    });
    // Whatever a compiler throws leaves its memory in doubt, so that the thread goes, and the request fails.
    thread.worker.on('error', (problem) => fail(thread, String(problem)));
    thread.worker.on('exit', (code) => fail(thread, `its thread ended with ${code}`));
    return thread;
  }

  function fail(thread, why) {
    if (!threads.has(thread)) return;
    drop(thread);
    if (thread.number !== null) answer(thread.number, 'failed', why);
    advance();
  }

  function drop(thread) {
    threads.delete(thread);
    if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
    clearTimeout(thread.timer);
    thread.worker.terminate();
  }

  function rest(thread) {
    idle.push(thread);
    thread.timer = setTimeout(() => drop(thread), IDLE_MILLISECONDS);
  }

  function advance() {
    while (waiting.length > 0 && (idle.length > 0 || threads.size < most)) {
      const thread = idle.pop() || start();
      clearTimeout(thread.timer);
      const [number, input] = waiting.shift();
      thread.number = number;
      thread.worker.postMessage(input);
    }
  }

  const lines = require('readline').createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on('line', (line) => {
    const tab = line.indexOf('\t');
    waiting.push([line.slice(0, tab), line.slice(tab + 1)]);
    advance();
  });
  lines.on('close', () => process.exit(0));
}

if (isMainThread) serve(process.argv[2], Number(process.argv[3]));
else work(workerData);
