import { ascii, type Codec, type Example } from '#encoder/bytes';
import { splitLines, zoneOfLength } from '#encoder/mrz';
import { decodeOnly, enter, tlv } from '#encoder/tlv';

/**
 * EF.DG1 (Doc 9303-10 §4.7.1): `61 { 5F1F MRZ }`, the lines without separators; the length of 5F1F tells TD1, TD2 and TD3
 * apart. The codec carries the characters as they are; whether they make a valid zone is the question of `#encoder/mrz`.
 */
export interface Dg1 {
  /** 3 × 30 (TD1), 2 × 36 (TD2) or 2 × 44 (TD3). */
  readonly lines: readonly string[];
}

export const dg1: Codec<Dg1> = {
  encode({ lines }) {
    const text = lines.join('');
    const zone = zoneOfLength(text.length);
    if (
      zone === undefined ||
      lines.length !== zone.lines ||
      !lines.every((line) => line.length === zone.width && /^[A-Z0-9<]+$/.test(line))
    ) {
      throw new RangeError('the lines are not those of a TD1, TD2 or TD3 zone');
    }
    return tlv(0x61, tlv(0x5f1f, ascii(text)));
  },

  decode(bytes) {
    const outer = decodeOnly(bytes, 0x61, 'DG1');
    const mrz = enter(outer, 0x5f1f);
    outer.end();
    const zone = zoneOfLength(mrz.remaining);
    if (zone === undefined) throw mrz.error('BYTES_UNEXPECTED', undefined, `${mrz.remaining} characters: neither TD1, TD2 nor TD3`);
    const text = Buffer.from(mrz.rest()).toString('latin1');
    const bad = text.search(/[^A-Z0-9<]/);
    if (bad >= 0) throw mrz.error('BYTES_UNEXPECTED', undefined, `position ${bad + 1} holds no MRZ character`);
    return { lines: splitLines(text, zone) };
  },
};

export const dg1Examples: readonly Example<Dg1>[] = [
  {
    name: 'TD1',
    source: 'ICAO Doc 9303-10 A.2.1',
    value: { lines: ['I<NLDXI85935F86999999990<<<<<<', '7208148F1108268NLD<<<<<<<<<<<4', 'VAN<DER<STEEN<<MARIANNE<LOUISE'] },
    hex: `615D5F1F5A 493C4E4C44584938353933354638363939393939393939303C3C3C3C3C3C 3732303831343846313130383236384E4C443C3C3C3C3C3C3C3C3C3C3C34
          56414E3C4445523C535445454E3C3C4D415249414E4E453C4C4F55495345`,
  },
  {
    name: 'the Vietnamese card',
    source: 'synthetic, facts on the Vietnamese card §3',
    value: { lines: ['IDVNM1900001230001190000123<<1', '9002155F3002153VNM<<<<<<<<<<<6', 'NGUYEN<<THI<DAO<<<<<<<<<<<<<<<'] },
    hex: `615D5F1F5A 4944564E4D313930303030313233303030313139303030303132333C3C31 39303032313535463330303231353356 4E4D3C3C3C3C3C3C3C3C3C3C3C36
          4E475559454E3C3C5448493C44414F3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C`,
  },
  {
    name: 'TD2',
    source: 'lines of ICAO Doc 9303-6 Appendix B',
    value: { lines: ['I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<', 'D231458907UTO7408122F1204159<<<<<<<6'] },
    hex: `614B5F1F48 493C55544F4552494B53534F4E3C3C414E4E413C4D415249413C3C3C3C3C3C3C3C3C3C3C
          4432333134353839303755544F3734303831323246313230343135393C3C3C3C3C3C3C36`,
  },
  {
    name: 'TD3',
    source: 'lines of ICAO Doc 9303-4 Appendix B',
    value: { lines: ['PPUTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F3404159ZE184226B<<<<<16'] },
    hex: `615B5F1F58 505055544F4552494B53534F4E3C3C414E4E413C4D415249413C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C
          4C38393839303243333655544F3734303831323246333430343135395A45313834323236423C3C3C3C3C3136`,
  },
];
