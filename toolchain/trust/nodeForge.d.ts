// node-forge publishes types for its whole only; importing the whole costs tens of milliseconds at every start.
declare module 'node-forge/lib/asn1.js' {
  import type { asn1 } from 'node-forge';

  const value: typeof asn1;
  export default value;
}

declare module 'node-forge/lib/pem.js' {
  import type { pem } from 'node-forge';

  const value: typeof pem;
  export default value;
}
