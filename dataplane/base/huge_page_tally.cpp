#include "dataplane/base/huge_page_tally.h"

namespace tutti::base {

HugePageTally& huge_page_tally() {
  thread_local HugePageTally tally;
  return tally;
}

}  // namespace tutti::base
