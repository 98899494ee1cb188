// Demo users, and their messages: [from, to, minutes ago, text].

/** Display names by username. */
export const people: Record<string, string | null> = {
  alice: null,
  bob: 'Bob Whitfield',
  marta: 'Marta Kowalska',
  layla: 'ليلى حداد',
  henrik: 'Henrik Sørensen',
  grandma: null,
  ines: 'Inês Duarte',
  bartholomew_fitzgerald_longden: null,
};

export const password = 'a demonstration only';

export type DemoMessage = [from: string, to: string, minutesAgo: number, text: string];

export const messages: DemoMessage[] = [
  [
    'henrik',
    'alice',
    43_300,
    'The paint for the gate is here. Two tins, a bit greener than in the catalogue.',
  ],
  ['alice', 'henrik', 43_100, 'Greener is fine. The moss will make it so anyway.'],
  [
    'grandma',
    'alice',
    38_900,
    'I found your old skates in the attic. Do you still want them, or may the neighbour’s girl have them?',
  ],
  ['alice', 'grandma', 38_700, 'Give them to her, with my love!'],
  [
    'ines',
    'alice',
    33_600,
    'Here are the dates of the autumn concerts: 3 October, 24 October and 7 November.',
  ],
  [
    'bob',
    'alice',
    29_500,
    'Is the hall free on the 12th? The children would like to show their play once more.',
  ],
  ['alice', 'bob', 29_300, 'It is. I have written you into the book.'],
  [
    'layla',
    'alice',
    24_800,
    'Thank you for the soup. The pot is at your door, and there is something in it.',
  ],
  ['marta', 'alice', 20_100, 'Who has the key to the cellar this week?'],
  ['alice', 'marta', 20_050, 'Henrik. He is at home after five.'],
  [
    'bartholomew_fitzgerald_longden',
    'alice',
    15_800,
    'Would you be so kind and read the new rules of the garden before the meeting? It is only one page, and most of ' +
      'it is about the hose.',
  ],
  ['bob', 'alice', 14_400, 'Training is at six today, not at seven.'],
  ['henrik', 'alice', 12_960, 'I can drive on Sunday, if somebody else brings the map.'],
  [
    'ines',
    'alice',
    10_115,
    'The choir meets in the old school from now on, because the chapel roof is being repaired until the autumn. ' +
      'Same time.',
  ],
  ['alice', 'ines', 10_020, 'Thank you! I will tell the altos.'],
  [
    'grandma',
    'alice',
    5_780,
    'Your letter made me very happy.\n\nThe plum tree has flowers again, and the neighbour’s cat sleeps under it as ' +
      'if it were hers. Come when you can.',
  ],
  ['alice', 'grandma', 5_600, 'I will come on Sunday, and I bring the little one. 🌸'],
  [
    'henrik',
    'alice',
    3_020,
    'The sign should say Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft, in one ' +
      'line if at all possible.',
  ],
  ['alice', 'bob', 1_600, 'Could you open the hall on Friday? I am on the late train.'],
  ['bob', 'alice', 1_510, 'Yes, that works. I will pick up the key at your place after six.'],
  [
    'layla',
    'alice',
    310,
    'مرحبًا أليس، هل يمكننا تغيير موعد درس الموسيقى إلى يوم الخميس؟ لدي زيارة للطبيب يوم الأربعاء.',
  ],
  [
    'bob',
    'alice',
    190,
    'We won 3–1! 🎉⚽ Pictures tonight, and cake for everybody who stayed in the rain until the end 🍰',
  ],
  [
    'bartholomew_fitzgerald_longden',
    'alice',
    64,
    'The minutes of the garden committee are ready for you to read. Please tell me by Sunday if I wrote anything ' +
      'down wrong.',
  ],
  [
    'marta',
    'alice',
    12,
    'Can you bring the long table on Saturday? The hall only has the two round ones, and we will be about thirty.',
  ],
  ['marta', 'bob', 11, 'And you the benches?'],
];

/** Somebody whom nobody has written to. */
export const stranger = 'tomas';

export const request: DemoMessage = [
  stranger,
  'alice',
  35,
  'Hello Alice, I am new in the village. Henrik says you know who lends out ladders: https://example.org/ladders?',
];
