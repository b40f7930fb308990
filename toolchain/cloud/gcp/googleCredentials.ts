/** The only file that loads Google's library; the build puts it into a bundle of its own. */
import { GoogleAuth } from 'google-auth-library';

/** The application default credentials, for Compute Engine. Its errors are the library's own. */
export async function googleCredentials(): Promise<{
  project: string;
  /** E-mail address of a service account; undefined for a person. */
  email: string | undefined;
  /** The value of the `authorization` header of a request. */
  authorization(url: string): Promise<string>;
}> {
  const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/compute' });
  const project = await auth.getProjectId();
  const { client_email } = await auth.getCredentials();
  return {
    project,
    email: client_email,
    authorization: async (url) => (await auth.getRequestHeaders(url)).get('authorization') ?? '',
  };
}
