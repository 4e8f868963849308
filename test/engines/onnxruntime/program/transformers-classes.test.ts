/** Which methods of transformers.js are steps of a pipeline: classes in its shape, with the models that generate their own way. */
import { expect, it } from 'vitest';
import { wrapClasses, type Method } from '../../../../src/engines/onnxruntime/program/transformers/classes.js';
import { Patches } from '../../../../src/engines/patches.js';

function library(): {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly speak: () => unknown;
  readonly generate: () => unknown;
} {
  class Pipeline {
    readonly task = 'feature-extraction';
  }
  class FeatureExtractionPipeline extends Pipeline {
    _call(): void {}
  }
  class TextClassificationPipeline extends Pipeline {}
  class PreTrainedTokenizer {
    _call(): void {}
  }
  class PreTrainedModel {
    _call(): string {
      return 'called';
    }
    generate(): string {
      return this._call();
    }
  }
  class WhisperForConditionalGeneration extends PreTrainedModel {
    override generate(): string {
      return super.generate();
    }
  }
  class SpeechT5ForTextToSpeech extends PreTrainedModel {
    generate_speech(): string {
      return 'spoken';
    }
    generated(): string {
      return 'no step';
    }
  }
  const speech = new SpeechT5ForTextToSpeech();
  return {
    exports: {
      FeatureExtractionPipeline,
      TextClassificationPipeline,
      PreTrainedTokenizer,
      PreTrainedModel,
      WhisperForConditionalGeneration,
      SpeechT5ForTextToSpeech,
    },
    speak: () => [speech.generate_speech(), speech.generated()],
    generate: () => new WhisperForConditionalGeneration().generate(),
  };
}

it('speech that is generated its own way is the model, and so is what a model does before it generates', () => {
  const { exports, speak, generate } = library();
  const entered: string[] = [];
  const patches = new Patches();
  const seen = (what: string, original: Method): Method =>
    function (this: object, ...args: unknown[]): unknown {
      entered.push(`${what} ${this.constructor.name}`);
      return original.apply(this, args);
    };
  const seams = {
    pipeline: (original: Method) => original,
    model: seen,
    step: (phase: string, _: string, original: Method) => seen(phase, original),
  };
  expect(wrapClasses(exports, patches, seams)).toBe(true);
  expect(speak()).toEqual(['spoken', 'no step']);
  expect(entered).toEqual(['generate SpeechT5ForTextToSpeech']);
  expect(generate()).toBe('called');
  // Its own, the common one, and the call: the first is the step, and the others are within it.
  expect(entered.slice(1)).toEqual(['generate', 'generate', 'forward'].map((what) => `${what} WhisperForConditionalGeneration`));
  patches.undo();
  entered.length = 0;
  expect([speak(), generate(), entered]).toEqual([['spoken', 'no step'], 'called', []]);
});
