// wants_colour: whether what is written there may be coloured.
#pragma once

namespace tutti::analyser {

// It is a terminal, and one that has colours (TERM is not "dumb"), whose user has not asked for none:
// NO_COLOR is missing or empty. Source: no-color.org.
bool wants_colour(int descriptor);

}  // namespace tutti::analyser
