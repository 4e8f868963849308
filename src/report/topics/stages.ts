import type { VariantAnalysis } from '../../model/analysis.js';
import { STAGES, type Stage } from '../../model/stage.js';
import { html, type Html } from '../html.js';
import type { SizedHtml } from '../topic.js';
import { STAGE_LABELS, formatShare, formatTime, stageTitle } from '../words.js';

/** Share of the row that a letter needs; a part without room for its name says its share, or nothing. */
const LETTER_SHARE = 0.0098;

/** One bar a variant on a common scale: length is the mean warm call, parts are its stages. */
export function renderStages(variants: readonly VariantAnalysis[]): SizedHtml {
  const longest = Math.max(1, ...variants.map((v) => v.latencyNanos.mean));
  const rules: string[] = [];
  const rows = variants.map((variant, row) => {
    const length = variant.latencyNanos.mean / longest;
    rules.push(`#bar-${row}{width:${percent(length)}}`);
    return barRow(variant, row, length, rules);
  });
  const seen = STAGES.filter((stage) => variants.some((v) => v.stages[stage].nanosPerCall > 0));
  const markup = html`<p class="switch" data-bars hidden>
      <button type="button" aria-pressed="true" data-scale="time">time</button
      ><button type="button" aria-pressed="false" data-scale="share">share</button>
    </p>
    <div class="bars" id="stage-bars">${rows}</div>
    <ul class="legend" aria-label="Stages">
      ${seen.map((stage) => html`<li title="${stageTitle(stage)}"><i class="swatch s-${stage}"></i>${STAGE_LABELS[stage]}</li>`)}
    </ul>`;
  return { markup, css: rules.join('') };
}

function barRow(variant: VariantAnalysis, row: number, length: number, rules: string[]): Html {
  const parts = STAGES.filter((stage) => variant.stages[stage].nanosPerCall > 0);
  const spoken = parts.map((stage) => `${STAGE_LABELS[stage]} ${formatShare(variant.stages[stage].share)}`).join(', ');
  return html`<div class="bar-row">
    <div class="bar-name">${variant.key}</div>
    <div class="bar-track">
      <div
        class="bar"
        id="bar-${row}"
        role="img"
        aria-label="${variant.key}, mean call ${formatTime(variant.latencyNanos.mean)}: ${spoken}"
      >
        ${parts.map((stage, i) => part(variant, stage, `bar-${row}-${i}`, length, rules))}
      </div>
    </div>
    <div class="bar-figure">${formatTime(variant.latencyNanos.mean)}</div>
  </div>`;
}

function part(variant: VariantAnalysis, stage: Stage, id: string, length: number, rules: string[]): Html {
  const { share, nanosPerCall } = variant.stages[stage];
  rules.push(`#${id}{width:${percent(share)}}`);
  const tip = `${STAGE_LABELS[stage]}: ${formatTime(nanosPerCall)} per call, ${formatShare(share)}`;
  return html`<span id="${id}" class="s-${stage}" title="${tip}"
    >${partText(STAGE_LABELS[stage], formatShare(share), (share * length) / LETTER_SHARE)}</span
  >`;
}

/** `letters`: how many have room. */
function partText(name: string, share: string, letters: number): Html | string {
  if (letters >= name.length + share.length + 2) return html`<b>${name}</b> ${share}`;
  return letters >= share.length + 2 ? share : '';
}

const percent = (share: number): string => `${(Math.max(0, Math.min(1, share)) * 100).toFixed(3)}%`;
