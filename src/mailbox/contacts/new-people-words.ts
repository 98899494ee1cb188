// The limit of new people in words.
import { now } from '../../clock.ts';
import { countOf } from '../../in-words.ts';
import { secondsToNextDay } from './new-people.ts';

/** For a page that writes to somebody. */
export function leftInWords(left: number): string {
  return left === 0 ? `${limitOf(0)}; to the next ones in ${untilNextDay()}. ${others}` : `${limitOf(left)}.`;
}

/** `whom`: the new ones, such as "bob and charlie are new". */
export function refusalInWords(left: number, whom: string): string {
  const fewer = left === 0 ? 'Your text is still here: save' : 'Write to fewer of them, or save';
  const later = `${fewer} it as a draft and send it in ${untilNextDay()}.`;
  return `${limitOf(left)}, and ${whom}, so nothing was sent. ${later} ${others}`;
}

const others = 'You can still write to everybody else.';

function limitOf(left: number): string {
  if (left === 0) return 'You have written to as many new people as you can today';
  return `You can write to ${left} more new ${left === 1 ? 'person' : 'people'} today`;
}

/** Rounded up, so that it is true. */
function untilNextDay(): string {
  return countOf(Math.ceil(secondsToNextDay(now()) / 3600), 'hour');
}
