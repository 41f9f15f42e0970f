//===- ExplanationText.cpp - Explanations as JSON and as a table ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Explanation.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace garam {

static constexpr double secondsPerFemtosecond = 1e-15;
static constexpr double microsecondsPerFemtosecond = 1e-9;

static json::Array listShares(ArrayRef<TimeShare> shares, StringRef key) {
  json::Array list;
  for (const TimeShare &share : shares)
    list.push_back(
        json::Object{{key, json::fixUTF8(share.category)},
                     {"seconds", share.femtoseconds * secondsPerFemtosecond}});
  return list;
}

static json::Array listNames(ArrayRef<std::string> names) {
  json::Array list;
  for (const std::string &name : names)
    list.push_back(json::fixUTF8(name));
  return list;
}

static json::Array listChoices(ArrayRef<ExplainedChoice> choices) {
  json::Array list;
  for (const ExplainedChoice &explained : choices)
    list.push_back(
        json::Object{{"for", listNames(explained.nodes)},
                     {"chosen", json::fixUTF8(explained.choice.chosen)},
                     {"next", json::fixUTF8(explained.choice.next)},
                     {"next_costs_s", explained.choice.seconds},
                     {"next_costs_more", !explained.choice.isExact}});
  return list;
}

static json::Array listSearches(ArrayRef<ExplainedSearch> searches) {
  json::Array list;
  for (const ExplainedSearch &explained : searches)
    list.push_back(json::Object{{"for", json::fixUTF8(explained.search.name)},
                                {"place", json::fixUTF8(explained.place)},
                                {"step", explained.step},
                                {"estimate_s", explained.search.seconds},
                                {"least_s", explained.search.boundSeconds},
                                {"without_s", explained.search.plainSeconds}});
  return list;
}

static json::Object describe(const ExplainedGroup &group) {
  return json::Object{
      {"nodes", listNames(group.names)},
      {"place", json::fixUTF8(group.place)},
      {"step", group.step},
      {"seconds", group.getPathFs() * secondsPerFemtosecond},
      {"bound_by", group.causes.empty()
                       ? json::Value(nullptr)
                       : json::fixUTF8(group.causes.front().category)},
      {"causes", listShares(group.causes, "cause")},
      {"work", listShares(group.work, "kind")},
      {"advance_s", group.advanceFs * secondsPerFemtosecond},
      {"expected_advance_s", group.expectedAdvanceSeconds
                                 ? json::Value(*group.expectedAdvanceSeconds)
                                 : json::Value(nullptr)},
      {"choices", listChoices(group.choices)}};
}

void writeExplanation(const Explanation &explanation, raw_ostream &os) {
  const Manifest &manifest = explanation.executable->getManifest();
  json::Array groups;
  for (const ExplainedGroup &group : explanation.groups)
    groups.push_back(describe(group));
  json::Value value =
      json::Object{{"schema", explanationSchema},
                   {"model", json::fixUTF8(manifest.model)},
                   {"target", manifest.target},
                   {"latency_s", explanation.latencyFs * secondsPerFemtosecond},
                   {"bound_s", explanation.bound.getSeconds()},
                   {"causes", listShares(explanation.causes, "cause")},
                   {"searches", listSearches(explanation.searches)},
                   {"groups", std::move(groups)}};
  os << formatv("{0:2}", value) << '\n';
}

namespace {
class Printer {
public:
  Printer(const Explanation &explanation, raw_ostream &os)
      : explanation(explanation), os(os),
        hasChoices(any_of(explanation.groups, [](const auto &group) {
          return !group.choices.empty();
        })) {}

  void printShare(uint64_t femtoseconds) {
    double share = explanation.latencyFs == 0
                       ? 0
                       : 100.0 * femtoseconds / explanation.latencyFs;
    os << format("%12.3f us %5.1f %%  ",
                 femtoseconds * microsecondsPerFemtosecond, share);
  }

  void printHeading() {
    os << "\nNodes on it, with what most of their time goes to"
       << (hasChoices ? ", and what the next best choice would add" : "")
       << '\n';
  }

  /// What the least bad other choice for one of the group's stages costs.
  void printNext(const ExplainedGroup &group) {
    auto next = min_element(group.choices, [](const auto &a, const auto &b) {
      return a.choice.seconds < b.choice.seconds;
    });
    if (next == group.choices.end()) {
      os << right_justify("", nextWidth);
      return;
    }
    // Left off when it was seen to be no better; by how much was not asked.
    if (!next->choice.isExact && next->choice.seconds <= 0) {
      os << right_justify("no better", nextWidth);
      return;
    }
    // Behind the looked-at stages, what seemed to cost less may cost more.
    os << right_justify(next->choice.isExact ? "" : ">= ", 3)
       << format("%+9.3f us", next->choice.seconds * 1e6);
  }

  void printGroup(const ExplainedGroup &group, size_t width) {
    printShare(group.getPathFs());
    // What only copies an input to an output serves no node.
    os << left_justify(group.causes.front().category, width) << "  ";
    if (hasChoices)
      printNext(group);
    os << (hasChoices ? "  " : "")
       << (group.names.empty() ? "no node" : group.names.front());
    if (group.names.size() > 1)
      os << " + " << group.names.size() - 1;
    if (explanation.executable->getManifest().devices.size() > 1)
      os << " (" << group.place << ')';
    os << '\n';
  }

  void printSearches() {
    for (const ExplainedSearch &explained : explanation.searches) {
      const DebugSearch &search = explained.search;
      os << '\n'
         << search.name << " on " << explained.place
         << format(
                ": %.3f us by estimate, at least %.3f us in any plan searched",
                search.seconds * 1e6, search.boundSeconds * 1e6)
         << format(" (gap %.1f %%), without them %.3f us\n",
                   search.boundSeconds > 0
                       ? 100 * (search.seconds / search.boundSeconds - 1)
                       : 0,
                   search.plainSeconds * 1e6);
    }
  }

private:
  static constexpr unsigned nextWidth = 15; // of a column of times

  const Explanation &explanation;
  raw_ostream &os;
  bool hasChoices;
};
} // namespace

void printExplanation(const Explanation &explanation, size_t maxGroups,
                      raw_ostream &os) {
  const Manifest &manifest = explanation.executable->getManifest();
  Printer printer(explanation, os);
  os << manifest.model << " on " << manifest.target
     << "\n\nThe critical path\n";
  for (const TimeShare &share : explanation.causes) {
    printer.printShare(share.femtoseconds);
    os << share.category << '\n';
  }

  std::vector<const ExplainedGroup *> groups;
  size_t width = 0;
  for (const ExplainedGroup &group : explanation.groups)
    if (!group.causes.empty()) {
      groups.push_back(&group);
      width = std::max(width, group.causes.front().category.size());
    }
  stable_sort(groups, [](const auto *a, const auto *b) {
    return a->getPathFs() > b->getPathFs();
  });
  printer.printSearches();
  printer.printHeading();
  for (const ExplainedGroup *group : ArrayRef(groups).take_front(maxGroups))
    printer.printGroup(*group, width);
  size_t hidden = explanation.groups.size() - groups.size();
  if (groups.size() > maxGroups)
    os << "and " << groups.size() - maxGroups << " more, which --json lists\n";
  if (hidden > 0)
    os << hidden << (hidden == 1 ? " group is" : " groups are")
       << " not on it: all of that time is hidden behind others\n";
}

} // namespace garam
