import { Redirect } from 'expo-router';

/** There are two screens; any other address leads to the first. */
export default function NotFoundRoute() {
  return <Redirect href="/" />;
}
