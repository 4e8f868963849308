/** The address that was given, else the one that the standard variables name (empty means unset); undefined for neither. */
export const namedEndpoint = (given: string | undefined): string | undefined =>
  [given, process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], process.env['OTEL_EXPORTER_OTLP_ENDPOINT']]
    .map((address) => address?.trim() ?? '')
    .find((address) => address !== '');
