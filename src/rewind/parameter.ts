/** A parameter of OpenZFS's module, by the name it has on Linux. */
export interface Parameter {
  readonly name: string;
  readonly value: string;
  /** What it is set to where nobody has touched it. */
  readonly normal: string;
}
