/* A PACE terminal of OpenPACE (libeac3) over PC/SC: EF.CardAccess, PACE, then EF.COM and DG1 under secure messaging. */
#include <eac/eac.h>
#include <eac/pace.h>
#include <openssl/buffer.h>
#include <openssl/err.h>
#include <winscard.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static SCARDHANDLE h;
static unsigned char rx[65540];
static DWORD rn;
static unsigned tr(const unsigned char *tx, size_t n)
{
  rn = sizeof rx;
  LONG r = SCardTransmit(h, SCARD_PCI_T1, tx, n, NULL, rx, &rn);
  if (r || rn < 2) {
    fprintf(stderr, "transmit %lx\n", r);
    exit(2);
  }
  rn -= 2;
  return rx[rn] << 8 | rx[rn + 1];
}

static BUF_MEM *bm(const void *p, size_t n)
{
  BUF_MEM *b = BUF_MEM_new();
  BUF_MEM_grow(b, n);
  memcpy(b->data, p, n);
  return b;
}

#define T(x,what) do{ if(!(x)){fprintf(stderr,"FAILED %s\n",what);ERR_print_errors_fp(stderr);exit(1);} else printf("ok %s\n",what);}while(0)
static BUF_MEM *ga(int last, int tag, const BUF_MEM * in, int want)
{
  unsigned char c[300];
  size_t n = 0;
  c[n++] = last ? 0 : 0x10;
  c[n++] = 0x86;
  c[n++] = 0;
  c[n++] = 0;
  size_t lc = in ? in->length + 2 : 0;
  c[n++] = lc + 2;
  c[n++] = 0x7c;
  c[n++] = lc;
  if (in) {
    c[n++] = tag;
    c[n++] = in->length;
    memcpy(c + n, in->data, in->length);
    n += in->length;
  }
  c[n++] = 0;
  unsigned sw = tr(c, n);
  if (sw != 0x9000) {
    fprintf(stderr, "GA %02x: %04X\n", tag, sw);
    exit(1);
  }
  if (rx[0] != 0x7c || rx[2] != want) {
    fprintf(stderr, "GA answer %02X %02X\n", rx[0], rx[2]);
    exit(1);
  }
  return bm(rx + 4, rx[3]);
}

static EAC_CTX *ctx;
/* AES secure messaging, short; data or le */
static unsigned sm(unsigned char ins, unsigned char p1, unsigned char p2, const unsigned char *data, size_t dn, int le,
                   unsigned char *out, size_t *on)
{
  unsigned char b[600];
  size_t n = 0, hn;
  unsigned char body[300];
  size_t bn = 0;
  EAC_increment_ssc(ctx);
  if (dn) {
    BUF_MEM *d = bm(data, dn), *p = EAC_add_iso_pad(ctx, d), *e = EAC_encrypt(ctx, p);
    body[bn++] = 0x87;
    body[bn++] = e->length + 1;
    body[bn++] = 1;
    memcpy(body + bn, e->data, e->length);
    bn += e->length;
  }
  if (le >= 0) {
    body[bn++] = 0x97;
    body[bn++] = 1;
    body[bn++] = le;
  }
  unsigned char hd[4] = { 0x0c, ins, p1, p2 };
  BUF_MEM *hb = bm(hd, 4), *hp = EAC_add_iso_pad(ctx, hb);
  memcpy(b, hp->data, hn = hp->length);
  n = hn;
  memcpy(b + n, body, bn);
  n += bn;
  BUF_MEM *mi = bm(b, n), *mp = bn ? EAC_add_iso_pad(ctx, mi) : mi, *m = EAC_authenticate(ctx, mp);
  unsigned char c[400];
  size_t k = 0;
  memcpy(c, hd, 4);
  k = 4;
  c[k++] = bn + 10;
  memcpy(c + k, body, bn);
  k += bn;
  c[k++] = 0x8e;
  c[k++] = 8;
  memcpy(c + k, m->data, 8);
  k += 8;
  c[k++] = 0;
  unsigned sw = tr(c, k);
  EAC_increment_ssc(ctx);
  if (rn < 14) {
    fprintf(stderr, "SM answer %04X %lu\n", sw, (unsigned long) rn);
    exit(1);
  }
  size_t a = 0;
  *on = 0;
  unsigned char *mac = rx + rn - 8;
  BUF_MEM *ri = bm(rx, rn - 10), *rp = EAC_add_iso_pad(ctx, ri), *rm = bm(mac, 8);
  if (EAC_verify_authentication(ctx, rp, rm) != 1) {
    fprintf(stderr, "response MAC wrong\n");
    exit(1);
  }
  if (rx[0] == 0x87) {
    size_t l = rx[1];
    a = 2;
    if (l == 0x81) {
      l = rx[2];
      a = 3;
    }
    BUF_MEM *e = bm(rx + a + 1, l - 1), *d = EAC_decrypt(ctx, e), *u = EAC_remove_iso_pad(d);
    memcpy(out, u->data, u->length);
    *on = u->length;
  }
  return sw;
}

static size_t readf(unsigned fid, unsigned char *f)
{
  unsigned char id[2] = { fid >> 8, fid };
  size_t n, t = 0;
  unsigned sw = sm(0xa4, 2, 0x0c, id, 2, -1, f, &n);
  if (sw != 0x9000) {
    fprintf(stderr, "SELECT %04X %04X\n", fid, sw);
    return 0;
  }
  sw = sm(0xb0, 0, 0, NULL, 0, 4, f, &n);
  if (sw != 0x9000)
    return 0;
  size_t total = f[1] < 0x80 ? f[1] + 2 : f[1] == 0x81 ? f[2] + 3 : (f[2] << 8 | f[3]) + 4;
  t = n;
  while (t < total) {
    size_t w = total - t > 200 ? 200 : total - t;
    sw = sm(0xb0, t >> 8, t, NULL, 0, w, f + t, &n);
    if (sw != 0x9000 || !n)
      return 0;
    t += n;
  }
  return t;
}

int main(int argc, char **argv)
{
  SCARDCONTEXT s;
  SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &s);
  DWORD p;
  LONG r = SCardConnect(s, getenv("READER"), SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &h, &p);
  if (r) {
    fprintf(stderr, "connect %lx\n", r);
    return 2;
  }
  unsigned char ca[1000];
  size_t cn;
  const unsigned char sel[] = { 0, 0xa4, 2, 0x0c, 2, 1, 0x1c }, rb[] = { 0, 0xb0, 0, 0, 0 };
  T(tr(sel, 7) == 0x9000, "SELECT EF.CardAccess");
  T((tr(rb, 5) & 0xff00) != 0x6a00, "READ EF.CardAccess");
  memcpy(ca, rx, cn = rn);
  EAC_init();
  ctx = EAC_CTX_new();
  T(EAC_CTX_init_ef_cardaccess(ca, cn, ctx), "OpenPACE takes EF.CardAccess");
  int can = !strcmp(argv[1], "can");
  PACE_SEC *sec = PACE_SEC_new(argv[2], strlen(argv[2]), can ? PACE_CAN : PACE_MRZ);
  T(sec, "password");
  /* MSE:Set AT, id-PACE-ECDH-GM-AES-CBC-CMAC-128 */
  unsigned char mse[] =
      { 0, 0x22, 0xc1, 0xa4, 0x0f, 0x80, 0x0a, 4, 0, 0x7f, 0, 7, 2, 2, 4, 2, 2, 0x83, 1, can ? 2 : 1 };
  unsigned sw = tr(mse, sizeof mse);
  printf("MSE %04X\n", sw);
  if (sw != 0x9000)
    return 1;
  BUF_MEM *z = ga(0, 0, NULL, 0x80);
  T(PACE_STEP2_dec_nonce(ctx, sec, z), "nonce");
  BUF_MEM *m = PACE_STEP3A_generate_mapping_data(ctx);
  BUF_MEM *mi = ga(0, 0x81, m, 0x82);
  T(PACE_STEP3A_map_generator(ctx, mi), "map");
  BUF_MEM *e = PACE_STEP3B_generate_ephemeral_key(ctx);
  BUF_MEM *ei = ga(0, 0x83, e, 0x84);
  T(PACE_STEP3B_compute_shared_secret(ctx, ei), "shared secret");
  T(PACE_STEP3C_derive_keys(ctx), "keys");
  BUF_MEM *t = PACE_STEP3D_compute_authentication_token(ctx, ei);
  BUF_MEM *ti = ga(1, 0x85, t, 0x86);
  T(PACE_STEP3D_verify_authentication_token(ctx, ti) == 1, "chip's token");
  T(EAC_CTX_set_encryption_ctx(ctx, EAC_ID_PACE), "secure messaging");
  unsigned char f[70000];
  size_t n;
  const unsigned char aid[] = { 0xa0, 0, 0, 2, 0x47, 0x10, 1 };
  T(sm(0xa4, 4, 0x0c, aid, 7, -1, f, &n) == 0x9000, "SELECT eMRTD in SM");
  unsigned fids[] = { 0x11e, 0x101, 0x102, 0x10d, 0x10e, 0x10f, 0x11d, 0x103 };
  for (int i = 0; i < 8; i++) {
    n = readf(fids[i], f);
    printf("%04X %zu bytes\n", fids[i], n);
    char name[30];
    sprintf(name, "pace-%04X", fids[i]);
    FILE *o = fopen(name, "wb");
    fwrite(f, 1, n, o);
    fclose(o);
  }
  return 0;
}
