import { launchFirefox } from './harness';
import { testStaticPlayground } from './static';

testStaticPlayground('Firefox', launchFirefox);
