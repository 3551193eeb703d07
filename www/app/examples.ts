/** What the feed view offers to connect to. */
export const examples: { label: string; path: string; method?: string }[] = [
  { label: 'Prices and news', path: '/feed' },
  { label: 'Ends every 8 events, resumes after 1.5 s', path: '/feed?count=8&retry=1500' },
  { label: 'Breaks off every 6 events', path: '/feed?rate=4&fault=cut&after=6&retry=1000' },
  { label: '500 events a second', path: '/feed?rate=500' },
  { label: 'Falls silent after 4 events', path: '/feed?fault=silence&after=4' },
  { label: 'By POST, ten events', path: '/feed?count=10&rate=5', method: 'POST' },
  { label: 'Tells clients to stop (204)', path: '/feed?fault=204' },
  { label: 'Too many requests (429)', path: '/feed?fault=429' },
  { label: 'A web page, not a feed', path: '/feed?fault=type' },
  { label: 'Refuses the connection', path: '/feed?fault=refuse&retry=1000' },
];
