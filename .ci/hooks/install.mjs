// Points git at the hooks of this folder; in an unpacked archive there is no git and nothing to do.
import { spawnSync } from 'node:child_process';

spawnSync('git', ['config', 'core.hooksPath', '.ci/hooks'], { stdio: 'ignore' });
