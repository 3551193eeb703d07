declare module 'react-reconciler' {
  const Reconciler: (host: object) => {
    // biome-ignore lint/suspicious/noExplicitAny: the renderer's own types aren't needed here.
    createContainer(...args: any[]): any;
    // biome-ignore lint/suspicious/noExplicitAny: see above.
    updateContainer(element: unknown, container: any, parent?: null, callback?: null): void;
  };
  export default Reconciler;
}
