/** Leaves that our CA signed and that are still wrong: in form, usage, names or extensions. */
import {
  ANY,
  type BadChain,
  type ChainMaker,
  CLIENT,
  CODE_SIGNING,
  ID,
  type LeafExtensions,
  leafCase,
  SERVER,
  UNFIT,
} from './chainMaker.ts';
import {
  ascii,
  bits,
  bool,
  commonName,
  der,
  dns,
  extension,
  int,
  ip,
  newSerial,
  octets,
  oid,
  seq,
  uri,
  version,
} from './x509Writer.ts';

export function formCases(maker: ChainMaker): BadChain[] {
  const raw = (octets: number[]) => der(0x02, Buffer.from(octets));
  const longLength = (whole: Buffer) =>
    Buffer.concat([Buffer.of(0x30, 0x83, 0, whole[2] ?? 0, whole[3] ?? 0), whole.subarray(4)]);
  const name = commonName('someone').subarray(2);
  const longName = Buffer.concat([Buffer.of(0x30, 0x81, name.length), name]);
  const endlessName = Buffer.concat([Buffer.of(0x30, 0x80), name, Buffer.of(0, 0)]);
  const indefinite = (whole: Buffer) => Buffer.concat([Buffer.of(0x30, 0x80), whole.subarray(4), Buffer.of(0, 0)]);
  return [
    leafCase(maker, 'version 1', { version: Buffer.of(), extensions: null }, UNFIT, /version 1/),
    leafCase(maker, 'version 1 with extensions', { version: Buffer.of() }, UNFIT, /version 1/),
    leafCase(maker, 'version 2', { version: version(2) }, UNFIT, /version 2/),
    leafCase(maker, 'version 4', { version: version(4) }, UNFIT, /version is unknown/),
    leafCase(maker, 'a negative serial', { serial: raw([0x80, 1]) }, UNFIT, /not positive/),
    leafCase(maker, 'a serial of zero', { serial: raw([0]) }, UNFIT, /not positive/),
    leafCase(maker, 'a serial of 21 octets', { serial: newSerial(21) }, UNFIT, /longer than 20/),
    leafCase(maker, 'a padded serial', { serial: raw([0, 0, 1]) }, UNFIT, /not in its shortest form/),
    leafCase(
      maker,
      'an issuer unique identifier',
      { uniqueId: bits(0, 1).fill(0x81, 0, 1) },
      UNFIT,
      /unique identifier/,
    ),
    leafCase(
      maker,
      'bytes after the certificate',
      { editWhole: (whole) => Buffer.concat([whole, Buffer.of(0, 0)]) },
      UNFIT,
      /bytes too many/,
    ),
    leafCase(maker, 'bytes after the extensions', { tbsTail: der(0x05) }, UNFIT, /bytes too many/),
    leafCase(maker, 'a length not in its shortest form', { editWhole: longLength }, UNFIT, /not in its shortest form/),
    leafCase(maker, 'an indefinite length', { editWhole: indefinite }, UNFIT, /indefinite length/),
    leafCase(
      maker,
      'a length inside not in its shortest form',
      { subject: longName },
      UNFIT,
      /not in its shortest form/,
    ),
    leafCase(maker, 'an indefinite length inside', { subject: endlessName }, UNFIT, /indefinite length/),
    leafCase(maker, 'cut off', { editWhole: (whole) => whole.subarray(0, -9) }, UNFIT, /cut off/),
    leafCase(maker, 'larger than any of ours', { subject: commonName('x'.repeat(9000)) }, UNFIT, /bytes$/),
  ];
}

/** The subject, and what makes a distinguished name one (RFC 5280 section 4.1.2.4 and 4.1.2.6). */
export function subjectCases(maker: ChainMaker): BadChain[] {
  const subject = (name: string, sets: Uint8Array[], detail: RegExp) =>
    leafCase(maker, name, { subject: seq(...sets) }, UNFIT, detail);
  const attribute = (id: string, tag: number, text: string) => seq(oid(id), ascii(tag, text));
  const set = (...attributes: Uint8Array[]) => der(0x31, ...attributes);
  const cn = '2.5.4.3';
  const organisation = '2.5.4.10';
  return [
    subject(
      'an empty subject beside alternative names that are not critical',
      [],
      /subject is empty and its subjectAlt/,
    ),
    leafCase(
      maker,
      'an empty subject and no alternative name',
      { subject: seq(), extensions: { san: null } },
      UNFIT,
      /lacks a subjectAltName/,
    ),
    subject('a subject of an empty set', [set()], /subject has an empty set/),
    subject('a subject whose second set is empty', [set(attribute(cn, 0x0c, 'someone')), set()], /an empty set/),
    subject('a subject of a sequence where a set is due', [seq(attribute(cn, 0x0c, 'x'))], /the subject has tag 0x30/),
    subject('an attribute without a type', [set(seq())], /an attribute of the subject is cut off/),
    subject('an attribute without a value', [set(seq(oid(cn)))], /2\.5\.4\.3 of the subject is cut off/),
    subject('an attribute of two values', [set(seq(oid(cn), ascii(0x0c, 'a'), ascii(0x0c, 'b')))], /bytes too many/),
    subject('an empty common name', [set(attribute(cn, 0x0c, ''))], /2\.5\.4\.3 of the subject is empty/),
    subject('a common name of 65 characters', [set(attribute(cn, 0x0c, 'x'.repeat(65)))], /longer than 64/),
    subject('a country of three letters', [set(attribute('2.5.4.6', 0x13, 'CHE'))], /longer than 2 characters/),
    subject('a common name that is not UTF-8', [set(attribute(cn, 0x0c, 'caf\xe9'))], /is not UTF-8/),
    subject('a PrintableString with an @', [set(attribute(cn, 0x13, 'a@b'))], /no PrintableString/),
    subject('a common name as a TeletexString', [set(attribute(cn, 0x14, 'someone'))], /tag 0x14/),
    subject('a common name as a BMPString', [set(attribute(cn, 0x1e, '\0s'))], /tag 0x1e/),
    subject('a common name as an integer', [set(seq(oid(cn), int(1)))], /tag 0x2/),
    subject(
      'an e-mail address beyond ASCII',
      [set(attribute('1.2.840.113549.1.9.1', 0x16, '\xc3\xa9@example.com'))],
      /no IA5String/,
    ),
    subject(
      'attributes of a set out of order',
      [set(attribute(organisation, 0x0c, 'x'), attribute(cn, 0x0c, 'x'))],
      /out of order/,
    ),
    subject(
      'an attribute twice in a set',
      [set(attribute(cn, 0x0c, 'a'), attribute(cn, 0x0c, 'b'))],
      /the attribute 2\.5\.4\.3 twice/,
    ),
  ];
}

export function usageCases(maker: ChainMaker): BadChain[] {
  const { usage, side } = maker;
  const ku = (name: string, value: Uint8Array | null, detail: RegExp) =>
    leafCase(maker, name, { extensions: { ku: value } }, UNFIT, detail);
  const eku = (name: string, ids: string[], detail: RegExp) =>
    leafCase(maker, name, { extensions: { eku: extension(ID.eku, seq(...ids.map(oid))) } }, UNFIT, detail);
  const opposite = side === 'client' ? SERVER : CLIENT;
  return [
    leafCase(maker, 'a CA', { extensions: { bc: extension(ID.bc, seq(bool(true)), true) } }, UNFIT, /it is a CA/),
    leafCase(
      maker,
      'a path length on a leaf',
      { extensions: { bc: extension(ID.bc, seq(int(0)), true) } },
      UNFIT,
      /path length/,
    ),
    leafCase(
      maker,
      'CA:FALSE spelled out',
      { extensions: { bc: extension(ID.bc, seq(bool(false)), true) } },
      UNFIT,
      /false CA flag/,
    ),
    ku('no keyUsage', null, /lacks a critical keyUsage/),
    ku('keyUsage not critical', extension(ID.ku, bits(7, 0x80)), /lacks a critical keyUsage/),
    ku('keyUsage with keyCertSign', extension(ID.ku, bits(2, 0x84), true), /sign certificates/),
    ku('keyUsage with cRLSign', extension(ID.ku, bits(1, 0x82), true), /sign certificates or revocation/),
    ku('keyUsage keyEncipherment only', extension(ID.ku, bits(5, 0x20), true), /lacks digitalSignature/),
    ku('keyUsage of nothing', extension(ID.ku, bits(0), true), /says nothing/),
    ku('keyUsage with needless zeros', extension(ID.ku, bits(0, 0x80), true), /shortest form/),
    leafCase(maker, 'no extended key usage', { extensions: { eku: null } }, UNFIT, /lacks an extended key usage/),
    eku('an empty extended key usage', [], /lacks an extended key usage/),
    eku('any extended key usage', [ANY], /lacks \w+Auth/),
    eku('the right and any extended key usage', [usage, ANY], /2\.5\.29\.37\.0, which is not for/),
    eku("the other side's extended key usage", [opposite], /lacks \w+Auth/),
    eku("both sides' extended key usage", [usage, opposite], /which is not for a/),
    eku('code signing only', [CODE_SIGNING], /lacks \w+Auth/),
    eku('the right usage and code signing', [usage, CODE_SIGNING], /which is not for a/),
    eku('the right usage twice', [usage, usage], /twice/),
  ];
}

export function nameCases(maker: ChainMaker): BadChain[] {
  const { role, hosts, side } = maker;
  const me = uri(`grafos://${role}/someone`);
  const san = (name: string, names: Uint8Array[], detail: RegExp, more: Partial<LeafExtensions> = {}) =>
    leafCase(maker, name, { extensions: { san: maker.san(...names), ...more } }, UNFIT, detail);
  const badUri = (text: string) => san(`the URI ${text}`, [uri(text), ...hosts], /is not grafos:/);
  const server = [
    san('no host', [me], /not for the host/),
    san('another host', [me, dns('example.com'), ip(10, 0, 0, 1)], /not for the host/),
    san('the address as a DNS name', [me, dns('127.0.0.1')], /not for the host/),
    san('a wildcard', [me, ...hosts, dns('*.example.com')], /wildcard/),
    leafCase(
      maker,
      'the host in the common name only',
      { subject: commonName('127.0.0.1'), extensions: { san: maker.san(me) } },
      UNFIT,
      /not for the host/,
    ),
    san('the role scheduler', [uri('grafos://scheduler/someone'), ...hosts], /its role is scheduler/),
  ];
  const client = [
    san('the role cell', [uri('grafos://cell/someone')], /which is not for a cell/),
    san('the role admin at a door for tenants', [uri('grafos://admin/someone')], /its role is admin/),
  ];
  return [
    leafCase(maker, 'no alternative name', { extensions: { san: null } }, UNFIT, /lacks a subjectAltName/),
    san('an empty alternative name', [], /subjectAltName is empty/),
    san('an empty URI', [uri(''), ...hosts], /is empty or not printable/),
    san('an empty DNS name', [me, dns(''), ...hosts], /is empty or not printable/),
    san('an address of no octets', [me, ip(), ...hosts], /address of 0 octets/),
    san('a DNS name of a blank', [me, dns(' '), ...hosts], /is empty or not printable/),
    san('a DNS name with a dot at its end', [me, dns('localhost.'), ...hosts], /is no host name/),
    san('a DNS name with an empty label', [me, dns('a..example'), ...hosts], /is no host name/),
    san('a DNS name whose label begins with a hyphen', [me, dns('-a.example'), ...hosts], /is no host name/),
    san(
      'a DNS name with a label of 64 characters',
      [me, dns(`${'a'.repeat(64)}.example`), ...hosts],
      /is no host name/,
    ),
    san('a DNS name with an underscore', [me, dns('a_b.example'), ...hosts], /is no host name/),
    san('no URI', [dns('localhost'), ip(127, 0, 0, 1)], /0 URIs/),
    san('two URIs of ours', [me, uri(`grafos://${role}/another`), ...hosts], /2 URIs/),
    san('our URI and another', [me, uri('https://example.com/'), ...hosts], /2 URIs/),
    badUri(`grafos://root/someone`),
    badUri(`grafos://${role.toUpperCase()}/someone`),
    badUri(`grafos://${role}/`),
    badUri(`grafos://${role}/../admin`),
    badUri(`grafos://${role}/someone/admin`),
    badUri(`grafos://${role}/someone?x=1`),
    badUri(`grafos://${role}:443/someone`),
    badUri(`https://${role}/someone`),
    badUri(`grafos://${role}/${'n'.repeat(64)}`),
    san('a NUL in the URI', [uri(`grafos://${role}/someone\0.evil`), ...hosts], /not printable/),
    san('an e-mail address too', [me, ascii(0x81, 'a@example.com'), ...hosts], /of a kind we do not use/),
    san('an address of five octets', [me, ip(127, 0, 0, 1, 1), ...hosts], /address of 5 octets/),
    ...(side === 'server' ? server : client),
  ];
}

export function extensionCases(maker: ChainMaker): BadChain[] {
  const more = (name: string, one: Uint8Array, detail: RegExp) =>
    leafCase(maker, name, { extensions: { more: [one] } }, UNFIT, detail);
  const nothing = seq();
  return [
    more(
      'an unknown critical extension',
      extension('1.3.6.1.4.1.99999.1', nothing, true),
      /critical extension 1\.3\.6/,
    ),
    more(
      'name constraints',
      extension(ID.nameConstraints, seq(der(0xa1, seq(dns('a.example'))))),
      /only a CA may have/,
    ),
    more('policy mappings', extension(ID.policyMappings, nothing), /only a CA may have/),
    more('policy constraints', extension(ID.policyConstraints, seq(der(0x80, Buffer.of(0)))), /only a CA may have/),
    more('inhibitAnyPolicy', extension(ID.inhibitAnyPolicy, int(0)), /only a CA may have/),
    more('an alternative name twice', maker.san(uri(`grafos://${maker.role}/another`)), /stands twice/),
    more('an extended key usage twice', extension(ID.eku, seq(oid(maker.usage))), /stands twice/),
    more(
      'a critical flag spelled out as false',
      seq(oid('1.3.6.1.4.1.99999.1'), bool(false), octets(nothing)),
      /false critical flag/,
    ),
    more(
      'a critical flag of 0x01',
      seq(oid('1.3.6.1.4.1.99999.1'), der(0x01, Buffer.of(1)), octets(nothing)),
      /no boolean/,
    ),
    leafCase(maker, 'no extensions', { extensions: null }, UNFIT, /lacks a critical keyUsage/),
    leafCase(maker, 'no subject key identifier', { extensions: { ski: null } }, UNFIT, /lacks a subject key/),
    leafCase(
      maker,
      'an empty subject key identifier',
      { extensions: { ski: extension(ID.ski, octets(Buffer.of())) } },
      UNFIT,
      /lacks a subject key/,
    ),
    leafCase(maker, 'no authority key identifier', { extensions: { aki: null } }, UNFIT, /lacks an authority key/),
    leafCase(
      maker,
      'an authority key identifier with a serial',
      { extensions: { aki: extension(ID.aki, seq(der(0x80, maker.ca.keyId), der(0x82, Buffer.of(1)))) } },
      UNFIT,
      /more than a key/,
    ),
    leafCase(
      maker,
      'a critical subject key identifier',
      { extensions: { ski: extension(ID.ski, octets(Buffer.of(1)), true) } },
      UNFIT,
      /critical extension 2\.5\.29\.14/,
    ),
    leafCase(
      maker,
      'bytes after an extension',
      { extensions: { eku: extension(ID.eku, Buffer.concat([seq(oid(maker.usage)), der(0x05)])) } },
      UNFIT,
      /bytes too many/,
    ),
  ];
}
