interface Example {
  name: string;
  label: string;
  path: string;
  method: 'GET' | 'POST';
}

/** The examples of the feed view. Paths are relative to the page's folder. */
export const examples: Example[] = [
  { name: 'news', label: 'Prices and news', method: 'GET', path: 'feed' },
  { name: 'ends', label: 'Ends every 8 events, resumes', method: 'GET', path: 'feed?count=8&retry=1500' },
  {
    name: 'cut',
    label: 'Breaks every 6 events, resumes',
    method: 'GET',
    path: 'feed?rate=4&fault=cut&after=6&retry=1000',
  },
  { name: 'fast', label: '500 events a second', method: 'GET', path: 'feed?rate=500' },
  {
    name: 'silence',
    label: 'Silent after 4 events',
    method: 'GET',
    path: 'feed?fault=silence&after=4',
  },
  { name: 'post', label: 'POST, ten events', method: 'POST', path: 'feed?count=10&rate=5' },
  { name: '204', label: 'Tells the client to stop (204)', method: 'GET', path: 'feed?fault=204' },
  { name: '429', label: 'Too many requests (429)', method: 'GET', path: 'feed?fault=429' },
  { name: 'html', label: 'A web page instead of a feed', method: 'GET', path: 'feed?fault=type' },
  { name: 'refuse', label: 'Connection refused', method: 'GET', path: 'feed?fault=refuse&retry=1000' },
];
