import { describeOpened } from '../api/describeOpened.ts';
import { closeSources, surveyDevices } from '../api/surveyDevices.ts';
import { toolInfo } from '../api/toolInfo.ts';
import { chooseEngine } from '../node/engine.ts';
import type { Library } from './library.ts';

/** The library on this machine: its files and devices, its fastest engine. */
export function nodeLibrary(): Library {
  const engine = chooseEngine();
  return {
    async scan(specs, choice) {
      // labels and ring do not need what only a scan loads.
      const { scan } = await import('../api/scan.ts');
      return scan(specs, { ...choice, engine });
    },
    async verify(specs, txg, choice) {
      const { verify } = await import('../api/verify.ts');
      return verify(specs, txg, { ...choice, engine });
    },
    async survey(specs, choice) {
      const surveyed = await surveyDevices(specs, { ...choice, engine, bootEnvironments: true });
      await closeSources(surveyed);
      return surveyed.map(({ opened, survey }) => ({ source: describeOpened(opened), survey }));
    },
    async openPools(specs, choice) {
      const { openPools } = await import('../api/openPool.ts');
      return openPools(specs, { ...choice, engine });
    },
    async tool() {
      return { ...toolInfo(engine), passedOver: engine.info.passedOver };
    },
  };
}
