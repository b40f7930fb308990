import type { ThirdParty } from './thirdParty.ts';

/**
 * Makes a software bill of materials in CycloneDX 1.6 JSON (https://cyclonedx.org/docs/1.6/json/).
 *
 * @param product the package that the bill is for
 * @param packages the packages of others in it
 */
export function createSbom(
  product: { name: string; version: string; license: string },
  packages: readonly ThirdParty[],
) {
  const component = (type: string, { name, version, license }: { name: string; version: string; license: string }) => ({
    type,
    'bom-ref': purl(name, version),
    name,
    version,
    purl: purl(name, version),
    licenses: [
      /^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license.replace(/^\(|\)$/g, '') },
    ],
  });
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: component('application', product) },
    components: packages.map((one) => component('library', one)),
    dependencies: [
      { ref: purl(product.name, product.version), dependsOn: packages.map(({ name, version }) => purl(name, version)) },
    ],
  };
}

/**
 * The package URL (https://github.com/package-url/purl-spec). It has the `@` of a scope escaped.
 */
function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
