/* libnfc's functions that libmrtd and mrtdreader use, over PC/SC: so that they read a card in a PC/SC reader. */
#include <nfc/nfc.h>
#include <PCSC/winscard.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct nfc_device {
  SCARDHANDLE h;
};
static struct nfc_device dev;
static SCARDCONTEXT ctx;
void nfc_init(nfc_context ** c)
{
  *c = (nfc_context *) & ctx;
  SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &ctx);
}

void nfc_exit(nfc_context * c)
{
  (void) c;
  SCardReleaseContext(ctx);
}

size_t nfc_list_devices(nfc_context * c, nfc_connstring l[], size_t n)
{
  (void) c;
  (void) n;
  strcpy(l[0], "pcsc");
  return 1;
}

nfc_device *nfc_open(nfc_context * c, const nfc_connstring s)
{
  (void) c;
  (void) s;
  DWORD p;
  LONG r =
      SCardConnect(ctx, getenv("READER"), SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &dev.h, &p);
  if (r) {
    fprintf(stderr, "connect %lx\n", r);
    return NULL;
  }
  return &dev;
}

void nfc_close(nfc_device * d)
{
  SCardDisconnect(d->h, SCARD_UNPOWER_CARD);
}

int nfc_initiator_init(nfc_device * d)
{
  (void) d;
  return 0;
}

int nfc_device_set_property_bool(nfc_device * d, const nfc_property p, const bool b)
{
  (void) d;
  (void) p;
  (void) b;
  return 0;
}

const char *nfc_device_get_name(nfc_device * d)
{
  (void) d;
  return "pcsc";
}

void nfc_perror(const nfc_device * d, const char *s)
{
  (void) d;
  fprintf(stderr, "%s failed\n", s);
}

int nfc_initiator_select_passive_target(nfc_device * d, const nfc_modulation m, const uint8_t * i, const size_t n,
                                        nfc_target * t)
{
  (void) d;
  (void) m;
  (void) i;
  (void) n;
  memset(t, 0, sizeof *t);
  return 1;
}

int nfc_initiator_transceive_bytes(nfc_device * d, const uint8_t * tx, const size_t n, uint8_t * rx, const size_t m,
                                   int timeout)
{
  (void) timeout;
  DWORD len = m;
  LONG r = SCardTransmit(d->h, SCARD_PCI_T1, tx, n, NULL, rx, &len);
  if (getenv("TRACE")) {
    fprintf(stderr, "> ");
    for (size_t i = 0; i < n; i++)
      fprintf(stderr, "%02X", tx[i]);
    fprintf(stderr, "\n< ");
    for (DWORD i = 0; i < len && !r; i++)
      fprintf(stderr, "%02X", rx[i]);
    fprintf(stderr, " (%lx)\n", r);
  }
  return r ? -1 : (int) len;
}
