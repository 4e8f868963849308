/** A model object shared by several variants: opened by the first that takes it, closed when the last gives it back. */
export interface Lease<Model> {
  take(): Promise<Model>;
  give(): void;
}

/** Makes a lease on what `open` loads. `close` frees it; it is called once for each `open`. */
export function lease<Model>(open: () => Promise<Model>, close: (model: Model) => void): Lease<Model> {
  let users = 0;
  let model: Promise<Model> | undefined;
  let opened: Model | undefined;
  return {
    take: async () => {
      model ??= open();
      try {
        opened = await model;
      } catch (error) {
        // The next try opens again: a failed one must not stick.
        model = undefined;
        throw error;
      }
      users += 1;
      return opened;
    },
    give: () => {
      users -= 1;
      if (users > 0 || opened === undefined) return;
      const last = opened;
      model = undefined;
      opened = undefined;
      close(last);
    },
  };
}
