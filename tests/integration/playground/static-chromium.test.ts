import { launch } from './harness';
import { testStaticPlayground } from './static';

testStaticPlayground('Chromium', launch);
