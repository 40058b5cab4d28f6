// Parses and checks KQL with Microsoft's own language service (npm @kusto/language-service-next).
// stdin: {"tables": {table: {column: type}}, "queries": [text]}; stdout: one {errors, columns, tables} for each query.
const fs = require('fs'), path = require('path'), vm = require('vm');
const home = path.dirname(require.resolve('@kusto/language-service-next/package.json', {paths: [process.cwd()]}));
// these files want one global scope, not modules: the runtime first
for (const file of ['bridge.min.js', 'Kusto.Language.Bridge.min.js'])
  vm.runInThisContext(fs.readFileSync(path.join(home, file), 'utf8'), {filename: file});
const {KustoCode, GlobalState, Symbols, Syntax} = globalThis.Kusto.Language;
const given = JSON.parse(fs.readFileSync(0, 'utf8'));
const all = list => Array.from({length: list.Count}, (_, index) => list.getItem(index));
const tables = Object.entries(given.tables).map(([name, columns]) => {
  const text = Object.entries(columns).map(([column, type]) => `['${column}']:${type}`).join(', ');
  return Symbols.TableSymbol.From(`(${text})`).WithName(name);
});
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('workspace', tables));
const answers = given.queries.map(query => {
  const code = KustoCode.ParseAndAnalyze(query, globals);
  const columns = {}, used = new Set();
  for (const column of code.ResultType && code.ResultType.Columns ? all(code.ResultType.Columns) : [])
    columns[column.Name] = column.Type.Name;
  Syntax.SyntaxElement.WalkNodes(code.Syntax, node => {
    const symbol = node.ReferencedSymbol;
    if (symbol instanceof Symbols.TableSymbol && symbol.Name) used.add(symbol.Name);
  });
  const errors = all(code.GetDiagnostics()).filter(one => one.Severity === 'Error').map(one => `${one.Code} ${one.Message}`);
  return {errors, columns, tables: [...used]};
});
console.log(JSON.stringify(answers));
