import type { Analysis, ModelFigure } from '../../model/analysis.js';
import { html, type Html } from '../html.js';
import { STAGE_LABELS, formatCount, formatShare, formatTime } from '../words.js';
import { heaviest, ofModel } from './verdict.js';

/** `layers-model, 1,234 weights, loaded 30 times, 30 calls.` */
export function modelFacts({ runtime, parameters, loads, calls }: ModelFigure): string {
  const weights = parameters === null ? '' : `, ${formatCount(parameters)} weights`;
  return `${runtime}${weights}, ${loads === 1 ? 'loaded once' : `loaded ${formatCount(loads)} times`}, ${formatCount(calls)} ${calls === 1 ? 'call' : 'calls'}.`;
}

/** A part for each model of a program: different models are not variants of each other. */
export function renderModels(analysis: Analysis): Html {
  const parts = (analysis.models ?? []).map((model) => {
    const rows = ofModel(analysis, model.id).variants.map((variant) => {
      const [stage, { share }] = heaviest(variant);
      const [first] = variant.cold;
      const warm =
        variant.calls === 0
          ? html`<td class="num">–</td>
              <td>no warm call</td>`
          : html`<td class="num">${formatTime(variant.latencyNanos.p50)}</td>
              <td>${STAGE_LABELS[stage]} ${formatShare(share)}</td>`;
      return html`<tr>
        <th scope="row">${variant.key}</th>
        <td class="num">${formatCount(variant.calls)}</td>
        <td class="num">${first === undefined ? '–' : formatTime(first.latencyNanos)}</td>
        ${warm}
      </tr>`;
    });
    return html`<h3>${model.name}</h3>
      <p>${modelFacts(model)}</p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Call</th>
              <th scope="col" class="num">warm calls</th>
              <th scope="col" class="num">first call</th>
              <th scope="col" class="num">median</th>
              <th scope="col">most time in</th>
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>`;
  });
  return html`${parts}`;
}
