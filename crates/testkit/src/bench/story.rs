//! A persona that talks at length whatever it is asked, so that there is something to speak over and to look at.

/// What the agent is made to recite: half a minute of speech.
pub(super) const STORY: &str = "Once there was a deep forest where the trees were as old as the hills, and every morning a fox walked down \
    to the river and looked at the water. One day the fox met an old bear who had lost his way, and because the bear was \
    sad and tired, the fox walked with him. They crossed the river and climbed the hill together, and from the top they \
    saw the whole forest. The bear found the tall pine tree that he had known as a cub, and he laughed and thanked the fox.";

/// What it recites for longer: more than a minute of speech.
pub(super) const LONG_STORY: &str = "Once there was a deep forest where the trees were as old as the hills, and every morning a fox walked down \
    to the river and looked at the water. One day the fox met an old bear who had lost his way, and because the bear was \
    sad and tired, the fox walked with him. They crossed the river and climbed the hill together, and from the top they \
    saw the whole forest. The bear found the tall pine tree that he had known as a cub, and he laughed and thanked the fox. \
    Under the pine tree there was a small house with a blue door, and in the house lived a woman who baked bread for \
    everybody who came by. She put two bowls on the table and a pot of soup between them, and she asked them where they \
    had been. The fox told her about the river, and the bear told her about the winter, and when the lamp had burned low \
    nobody wanted to go to bed. In the morning there was snow on the roof and on the path, and the three of them walked \
    out together to see how far the river had frozen.";

/// The persona file. A small model copies a text more surely than it invents a long one.
pub(super) fn storyteller() -> String {
    let examples = ["Please recite the story.", "Wait. Start again.", "Tell me the story once more."];
    let examples: String = examples.iter().map(|asked| format!("User: {asked}\nAssistant: {STORY}\n")).collect();
    format!(
        "name = \"Storyteller\"\ngreeting = \"Hello, I tell stories.\"\ninstructions = \"\"\"\n\
         You recite one story. Whatever the user says, you recite the whole story from its beginning to its end, word for \
         word, and nothing else. Only when the user says goodbye, you say goodbye.\n{examples}\
         User: Thank you, goodbye.\nAssistant: Goodbye!\n\"\"\"\n"
    )
}
