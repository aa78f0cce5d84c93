// solc's --standard-json on the npm package "solc": node solc_node.js <folder of the package>
// The package's own command line prints a line of its own before the JSON and can cut long output short.
'use strict';
const fs = require('fs');
const solc = require(process.argv[2]);
// Before 0.5 "compile" takes something else, and standard JSON has a function of its own.
const compile = solc.version().startsWith('0.4.') ? solc.compileStandardWrapper : solc.compile;
if (process.argv[3] === '--version') {
  process.stdout.write(solc.version());
} else {
  process.stdout.write(compile(fs.readFileSync(0, 'utf8')));
}
