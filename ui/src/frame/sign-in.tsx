/**
 * What a browser sees that was not let in: how it gets in.
 */

export const SignIn = () => (
  <main className="sign-in">
    <img src="/icon.svg" alt="" width="48" height="48" />
    <h1>This browser has not been let in</h1>
    <p>
      The cluster knows you by a one-time link. <code>unum up</code> printed one when it started; this prints
      another:
    </p>
    <pre className="panel">unum login</pre>
    <p className="soft">
      Run it where the cluster's token can be read, and open the link that it prints in this browser.
    </p>
    <button type="button" className="primary" onClick={() => location.reload()}>
      Try again
    </button>
  </main>
);
