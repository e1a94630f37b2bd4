// DuckDB over one Parquet file (zstd), one thread: the lines that bench_store writes, for the engine `parquet`.
// duck.mjs write ROWS.csv OUT.parquet N | duck.mjs ask OUT.parquet NAME SQL
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(process.env.BENCH_MODULES + '/');
const { DuckDBInstance } = require('@duckdb/node-api');

const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) / 1000; };
const wall = () => performance.now();

// FNV-1a over the cells of a row as text, each with a 0x1f behind it; the sum over rows.
const utf8 = new TextEncoder();
function hashRow(row) {
    let h = 2166136261 | 0;
    for (const cell of row) {
        for (const b of utf8.encode(cell === null ? '' : String(cell))) h = Math.imul(h ^ b, 16777619);
        h = Math.imul(h ^ 0x1f, 16777619);
    }
    return h >>> 0;
}

async function ask(db, sql) {
    const reader = await db.runAndReadAll(sql);
    return reader.getRows();
}

const [mode, file, a, b] = process.argv.slice(2);
const start = wall();
const db = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
if (mode === 'write') {
    await ask(db, `CREATE TABLE s AS SELECT * FROM read_csv('${file}', nullstr='')`);
    const t = cpu();
    await ask(db, `COPY s TO '${a}' (FORMAT parquet, COMPRESSION zstd)`);
    const n = Number(b);
    console.log(`write\tparquet\t${Math.round(n / (cpu() - t) * 1000)}\t${(statSync(a).size / n).toFixed(1)}`);
} else {
    await ask(db, `CREATE VIEW s AS SELECT * FROM read_parquet('${file}')`);
    await ask(db, b);
    const cold = wall() - start, t = cpu();
    const rows = await ask(db, b);
    const warm = cpu() - t;
    let hash = 0;
    for (const row of rows) hash = (hash + hashRow(row)) >>> 0;
    console.log(`ask\tparquet\t${a}\t${cold.toFixed(2)}\t${warm.toFixed(2)}\t${rows.length}\t${hash}`);
}
