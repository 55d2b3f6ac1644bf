import { type Command, exitCodes, parseCommand } from './command.js';

interface BuildScript {
  buildAddon(): Promise<boolean> | boolean;
}

/** `myelin build-addon`: what a project that has installed the package runs once, since installing runs nothing. */
export const buildAddonCommand: Command = {
  summary: 'compile the native addon',
  help: `Usage: myelin build-addon

Compiles the native addon for this machine. It needs a C++17 compiler, make and Python 3; without the addon the library
computes on its reference backend, in plain JavaScript.
`,
  async run(args) {
    parseCommand('build-addon', args, {}, []);
    const script = (await import(new URL('../../scripts/build-addon.mjs', import.meta.url).href)) as BuildScript;
    return (await script.buildAddon()) ? exitCodes.success : exitCodes.failure;
  },
};
