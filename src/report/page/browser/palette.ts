import { STAGES, stageFromCode } from '../../../model/stage.js';

/** Colours as the style sheet defines them, read again when the theme changes. */
export interface Palette {
  /** By the stage's code. */
  readonly stages: readonly string[];
  readonly frameText: string;
  readonly ground: string;
  readonly dim: string;
  readonly dimText: string;
  readonly slower: string;
  readonly faster: string;
  readonly ink: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    stages: STAGES.map((_, code) => read(`--stage-${stageFromCode(code)}`)),
    frameText: read('--frame-text'),
    ground: read('--ground'),
    dim: read('--dim'),
    dimText: read('--dim-text'),
    slower: read('--slower'),
    faster: read('--faster'),
    ink: read('--ink'),
  };
}

/** Mixes two `#rrggbb` colours: 0 gives the first, 1 the second. */
export function mix(from: string, to: string, share: number): string {
  const channel = (offset: number): string => {
    const a = parseInt(from.slice(offset, offset + 2), 16);
    const b = parseInt(to.slice(offset, offset + 2), 16);
    return Math.round(a + (b - a) * share)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

/** How a frame of a stage looks: neighbours differ a little in lightness, always the same for a name. */
export function stageStyle(palette: Palette, stage: number, name: string): FrameStyle {
  const shade = shadeOf(name);
  const key = stage * SHADES + shade;
  const styles = stageStyles.get(palette) ?? new Map<number, FrameStyle>();
  stageStyles.set(palette, styles);
  const style = styles.get(key) ?? {
    fill: mix(palette.stages[stage] ?? '#999999', palette.ground, (shade / (SHADES - 1)) * 0.22),
    text: palette.frameText,
    dashed: false,
  };
  styles.set(key, style);
  return style;
}

const SHADES = 5;
/** Tens of thousands of frames share a few dozen looks. */
const stageStyles = new WeakMap<Palette, Map<number, FrameStyle>>();

function shadeOf(name: string): number {
  let hash = 7;
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  return Math.abs(hash) % SHADES;
}

/** How one frame looks. */
export interface FrameStyle {
  readonly fill: string;
  readonly text: string;
  /** A dashed edge: the frame exists on one side only. */
  readonly dashed: boolean;
}
