#include "dataplane/dpdk/eal.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/crossed_rings.h"

namespace tutti::dpdk {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(EalTest, LaunchesNothingOnOtherCpusAndLeavesNoFile) {
  EalOptions options;
  options.cpus = {0, 1};
  EXPECT_THAT(Eal::command_line(options), ElementsAre("tuttid", "--lcores", "0@(0,1)", "--in-memory", "-m",
                                                      "512", "--no-telemetry", "--no-pci"));
  // A bond's members are cards too.
  options.arguments = {"-a", "0000:01:00.0"};
  EXPECT_THAT(Eal::command_line(options), Not(Contains("--no-pci")));
  options.huge_pages = false;
  options.cards = {"0000:01:00.0", "0000:01:00.1"};
  options.arguments = {"--log-level=8"};
  EXPECT_THAT(Eal::command_line(options),
              ElementsAre("tuttid", "--lcores", "0@(0,1)", "--no-huge", "--no-shconf", "-m", "512",
                          "--no-telemetry", "-a", "0000:01:00.0", "-a", "0000:01:00.1", "--log-level=8"));
}

TEST(EalTest, SaysHowManyHugePagesAreMissing) {
  EalOptions options;
  options.memory_mb = 16'000'000;
  const auto started = Eal::start(options, nullptr);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("16000000 MB of huge pages"));
  EXPECT_THAT(started.error(), HasSubstr("vm.nr_hugepages=8000000"));
}

TEST(EalTest, SaysThatACardIsNotThere) {
  EalOptions options;
  options.huge_pages = false;
  options.cards = {"fffe:ff:1f.7,safe-mode-support=1"};
  const auto started = Eal::start(options, nullptr);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("there is no PCI card fffe:ff:1f.7: "));
}

// EAL does not come back.
TEST(EalTest, SaysThatItStartsOnce) {
  test_eal();
  EalOptions options;
  options.huge_pages = false;
  const auto again = Eal::start(options, nullptr);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error(), HasSubstr("once"));
}

TEST(EalTest, GivesAThreadItsPlaceAndTakesItBack) {
  test_eal();
  // More one after the other than there are places.
  for (int i = 0; i < 300; ++i) {
    std::thread([] { const EalThread here; }).join();
  }
  const EalThread main_is_known_already;
}

TEST(EalDeathTest, SaysWhichArgumentItDoesNotKnow) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        EalOptions options;
        options.huge_pages = false;
        options.arguments = {"--no-such-thing"};
        std::string errors;
        const auto started = Eal::start(options, [&](LogLevel level, std::string_view line) {
          if (level == LogLevel::kError) errors += line;
        });
        std::fprintf(stderr, "%s\n", started ? "it started" : started.error().c_str());
        std::exit(started ? 1 : 0);
      },
      testing::ExitedWithCode(0), "further arguments");
}

}  // namespace
}  // namespace tutti::dpdk
