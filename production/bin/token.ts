/**
 * The process of one token: a PKCS#11 library is loaded here and nowhere else, because one `C_Finalize`, one hang or one crash in it ends
 * whatever shares its process. It answers one owner over IPC, and ends with it. The PIN comes with the call that opens the token.
 *
 * Usage: node token.js MODULE LABEL   (`SOFTHSM2_CONF` in the environment), started by `host-token.ts`
 */
import { channelToParent, Pkcs11Hsm, serveHsm } from '#pki/hsm';

// Ctrl-C and a service manager's SIGTERM reach the whole group: the owner finishes what it signs first, and then ends us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const [, , modulePath = '', tokenLabel = ''] = process.argv;
serveHsm(new Pkcs11Hsm({ modulePath, tokenLabel }), channelToParent());
