// solc's --standard-json on the npm package "solc": node solc_node.js <folder of the package>
// The package's own command line prints a line of its own before the JSON and can cut long output short.
'use strict';
const fs = require('fs');
const solc = require(process.argv[2]);
if (process.argv[3] === '--version') {
  process.stdout.write(solc.version());
} else {
  process.stdout.write(solc.compile(fs.readFileSync(0, 'utf8')));
}
