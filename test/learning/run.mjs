// npm run learning -- [--only NAME,...] [--text FILE] [--json]: see CONTRIBUTING.md.
import { register } from 'node:module';

register('../support/typescriptHooks.mjs', import.meta.url);
const { main } = await import('./recipes/main.ts');
process.exitCode = await main(process.argv.slice(2));
